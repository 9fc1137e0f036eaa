"""What the demo says where it fails."""

from offchain.cli import run


def test_a_demo_that_started_nothing_names_no_logs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MODELCHAIN_KEPT", str(tmp_path / "kept"))
    assert run(["demo", "--task", "missing.toml"]) == 2
    said = capsys.readouterr()
    assert "Nothing was started" in said.out
    assert "the task file missing.toml cannot be read" in said.err
    assert not (tmp_path / "out" / "demo-logs").exists()
