"""Stable error-minimizing noise: the noise against random perturbation, the surrogate against
adversarial perturbation (methods.md section 2; the AAAI'24 paper's algorithm 1)."""

from sem_ray.methods.method import Method
from sem_ray.methods.perturbations import adversarial, uniform

SEM = Method(name="sem", noise_phase=uniform, surrogate_phase=adversarial)
