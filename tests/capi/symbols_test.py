#!/usr/bin/env python3
"""The shared library exports what cim.h declares, all of it and nothing else.

    symbols_test.py LIBRARY HEADER
"""

import re
import subprocess
import sys

library, header = sys.argv[1:]
listed = subprocess.run(["nm", "-D", "--defined-only", library], check=True, capture_output=True, text=True).stdout
exported = {line.split()[-1] for line in listed.splitlines() if line.split()[-2] != "A"}
with open(header, encoding="utf-8") as file:
    text = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.DOTALL)
declared = set(re.findall(r"CIM_API[^;]*?\b(cim_\w+)\(", text))
for name in sorted(exported - declared):
    print(f"exported, and not in cim.h: {name}")
for name in sorted(declared - exported):
    print(f"in cim.h, and not exported: {name}")
print(f"{len(declared)} functions")
sys.exit(exported != declared or not declared)
