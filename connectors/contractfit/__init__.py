"""Contract.fit, a document processing service."""
