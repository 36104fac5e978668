"""The popular-item problem on one page: seen, explained, cured, with the price of each cure."""
