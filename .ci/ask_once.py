"""Ask a running chat one question, as the page does, and check that the answer is cited."""

import sys

from gradio_client import Client

QUESTION = "Half of our partners have gone quiet, what can we do?"

result = str(Client(sys.argv[1], verbose=False).predict(QUESTION, api_name="/ask"))
if "pa-mark" not in result or "europa.eu" not in result:
    sys.exit(f"The answer is not cited: {result[:500]}")
sys.stdout.write("The chat gave a cited answer.\n")
