"""Object stores: one protocol over a folder and a bucket, with writes that never overwrite."""
