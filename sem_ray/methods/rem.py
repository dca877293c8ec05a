"""Robust error-minimizing noise (Fu et al. 2022, https://openreview.net/forum?id=baUQQPwQiAg): both
phases against adversarial perturbation, which PGD finds anew for each of the K·J gradients."""

from sem_ray.methods.alternating.engine import alternating

REM = alternating("rem", noise="adversarial", surrogate="adversarial")
