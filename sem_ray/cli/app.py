"""The application that all commands belong to, and what `sem-ray --help` says of them."""

from __future__ import annotations

from cyclopts import App

from sem_ray.version import __version__

app = App(
    name="sem-ray",
    version=__version__,
    help="""Make images unlearnable with stable error-minimizing noise, and find out how best.

```
sem-ray protect digits --out noise
sem-ray evaluate digits --noise noise --radius 0 --radius 4
sem-ray verify noise digits
sem-ray export noise digits --out protected
sem-ray sweep search_spaces/quick.yaml
sem-ray best quick --out best.yaml
sem-ray protect digits --config best.yaml --out best-noise
```

`sem-ray COMMAND --help` has examples of each. Results go to stdout, all else to stderr; `--json`
prints one JSON object. State lives in ./sem-ray-store, or in the folder that SEM_RAY_STORE names.
Exit status: 0 if all went well, 1 if the work failed, 2 for bad input, 130 if interrupted.

Tab completion: `sem-ray --install-completion` writes it for your shell.""",
    help_format="markdown",
    suppress_keyboard_interrupt=False,  # `run` says what an interrupt leaves
)
