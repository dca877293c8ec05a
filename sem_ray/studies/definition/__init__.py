"""What a study is, as people write it."""
