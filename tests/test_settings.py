import pytest

from kb.errors import SettingsError
from kb.settings import load_settings


def test_defaults_work(tmp_path):
    settings = load_settings(index=tmp_path / "index")
    assert settings.llm == ""
    assert settings.database_url == f"sqlite:///{(tmp_path / 'journal.sqlite').resolve()}"


def test_variables_win_over_the_file(tmp_path, monkeypatch):
    config = tmp_path / "kb.toml"
    config.write_text('retention_days = 30\nallowed_origins = ["https://a.eu"]\n')
    assert load_settings(config).retention_days == 30
    monkeypatch.setenv("KB_RETENTION_DAYS", "7")
    monkeypatch.setenv("KB_ALLOWED_ORIGINS", "https://b.eu, https://c.eu")
    settings = load_settings(config)
    assert settings.retention_days == 7
    assert settings.allowed_origins == ("https://b.eu", "https://c.eu")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("colour = 1", "Unknown setting 'colour'"),
        ("retention_days = 0", "'retention_days' is not usable"),
        ("retention_days =", "not valid TOML"),
    ],
)
def test_a_wrong_file_is_named(tmp_path, text, message):
    config = tmp_path / "kb.toml"
    config.write_text(text)
    with pytest.raises(SettingsError, match=message):
        load_settings(config)


def test_an_unknown_variable_is_named(monkeypatch):
    monkeypatch.setenv("KB_COLOUR", "red")
    with pytest.raises(SettingsError, match="KB_COLOUR"):
        load_settings()


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings(tmp_path / "none.toml")


def test_secrets_are_masked(tmp_path, monkeypatch):
    monkeypatch.setenv("KB_LLM_API_KEY", "very-secret")
    monkeypatch.setenv("KB_DATABASE_URL", "postgresql+psycopg://u:hidden@localhost/kb")
    shown = str(load_settings(index=tmp_path).shown())
    assert "very-secret" not in shown
    assert "hidden" not in shown
