"""How much noise is enough? Protects the same digits at three radii and compares the victims.

    python examples/radii.py

About two minutes on two CPU cores; a second run takes seconds, since every stage is found again.
"""

from sem_ray import evaluate, protect

SETTINGS = ["surrogate.steps=100", "victim.steps=100"]

print(f"{'noise radius':>12}  {'clean':>6}  {'protected':>9}")
for radius in (4, 8, 16):
    made = protect(
        "digits",
        f"noise-{radius}",
        settings=[*SETTINGS, f"noise.radius={radius}"],
        limit=500,
        check=False,  # its own victims follow
    )
    report = evaluate("digits", made.folder, radii=[0])
    row = report.accuracies[0]
    if row.clean and row.protected:
        print(f"{radius:>10}/255  {row.clean.last:5.1f}%  {row.protected.last:8.1f}%")
