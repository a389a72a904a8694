# The command driftbed in a small image: docker run -v "$PWD/runs:/work/runs" driftbed run scenarios/gaussians.yaml
FROM python:3.12-slim

WORKDIR /opt/driftbed
COPY . .
# The CPU build of torch comes first, so that no CUDA packages are fetched for it.
RUN pip install --no-cache-dir -c constraints.txt torch --index-url https://download.pytorch.org/whl/cpu \
    && pip install --no-cache-dir -c constraints.txt .

RUN useradd --create-home --uid 1000 player && mkdir /work && ln -s /opt/driftbed/scenarios /work/scenarios && chown player /work
# A number, so that a cluster can see that it is not root.
USER 1000
WORKDIR /work
ENTRYPOINT ["driftbed"]
CMD ["--help"]
