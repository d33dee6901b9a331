"""Takes batches in over HTTP and answers once the broker has them."""
