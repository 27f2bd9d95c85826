"""`make bench`: whole-product timings against stated limits. A timing never fails a test."""
