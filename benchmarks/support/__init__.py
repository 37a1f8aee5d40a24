"""What the benchmarks share: a site to crawl, a server for it, a stopwatch, and the page that keeps the results."""
