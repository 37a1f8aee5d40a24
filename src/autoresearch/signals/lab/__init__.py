"""The browser lab: Lighthouse on headless Chromium, run after run, on the pages of the site."""
