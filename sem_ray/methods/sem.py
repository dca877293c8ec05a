"""Stable error-minimizing noise: the noise against random perturbation, the surrogate against
adversarial perturbation (methods.md section 2; the AAAI'24 paper's algorithm 1)."""

from sem_ray.methods.alternating import alternating

SEM = alternating("sem", noise="random", surrogate="adversarial")
