"""See what a recommender sees: catalogue, towers, embeddings, recommendations."""

__version__ = "0.1.0"
