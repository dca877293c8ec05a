"""Image sets as uint8 pixels in memory or in a file, with ids and a fingerprint, and noise as
files."""

from sem_ray.data.image_set import Dataset, ImageSet
from sem_ray.data.noise import Manifest, Noise, protected
from sem_ray.data.noise_file import read_manifest, read_noise, write_noise
from sem_ray.data.sources import load
from sem_ray.data.sums import add_noise

__all__ = [
    "Dataset",
    "ImageSet",
    "Manifest",
    "Noise",
    "add_noise",
    "load",
    "protected",
    "read_manifest",
    "read_noise",
    "write_noise",
]
