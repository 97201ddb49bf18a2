"""Children and those who answer for them: accounts that a guardian opens, sees and manages."""
