// Runs before the page's own scripts: what only the page can tell of its timings.
(() => {
  const seen = {fcp: null, lcp: null, cls: 0, tbt: 0, longTasks: 0, inp: 0};
  Object.defineProperty(window, '__autoresearch', {value: seen, enumerable: false});
  const observe = (type, options, take) => {
    try {
      new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({type, buffered: true, ...options});
    } catch {
      // an entry type that this Chromium does not know
    }
  };
  observe('paint', {}, (entry) => { if (entry.name === 'first-contentful-paint') seen.fcp = entry.startTime; });
  observe('largest-contentful-paint', {}, (entry) => { seen.lcp = entry.startTime; });
  observe('layout-shift', {}, (entry) => { if (!entry.hadRecentInput) seen.cls += entry.value; });
  observe('longtask', {}, (entry) => { seen.longTasks += 1; seen.tbt += Math.max(0, entry.duration - 50); });
  observe('event', {durationThreshold: 16}, (entry) => { if (entry.interactionId) seen.inp = Math.max(seen.inp, entry.duration); });
})();
