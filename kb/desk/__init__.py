"""Desk: an inquiry e-mail -> a reply draft with its sources, for a person to read and send."""
