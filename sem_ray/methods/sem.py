"""Stable error-minimizing noise (Liu et al. 2024, https://arxiv.org/abs/2311.13091, algorithm 1):
the noise against random perturbation, the surrogate against adversarial perturbation."""

from sem_ray.methods.alternating.engine import alternating

SEM = alternating("sem", noise="random", surrogate="adversarial")
