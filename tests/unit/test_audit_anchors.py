"""The checkpoints that the log remembers."""

from idp.audit.anchors import newest_checkpoint


def test_the_furthest_checkpoint_counts_and_other_lines_do_not(tmp_path):
    log = tmp_path / "idp.jsonl"
    log.write_text(
        '{"event":"audit.checkpoint","seq":7,"chain":"seven","signature":"…"}\n'
        '{"event":"audit.checkpoint","seq":12,"chain":"twelve","signature":"…"}\n'
        '{"event":"audit.checkpoint","seq":9,"chain":"nine","signature":"…"}\n'
        '{"event":"request","text":"\\"audit.checkpoint\\"","seq":99}\n'
        '{"event":"audit.checkpoint","seq":"x"}\n'
        'not json "audit.checkpoint"\n',
        encoding="utf-8",
    )

    assert newest_checkpoint(log) == (12, "twelve")


def test_a_log_without_checkpoints_says_nothing(tmp_path):
    assert newest_checkpoint(None) is None
    assert newest_checkpoint(tmp_path / "absent") is None
