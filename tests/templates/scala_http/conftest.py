"""The container folder of scala-http, rendered, built and trained once for all tests here, with other algorithms."""

from __future__ import annotations

from pathlib import Path

from ..conftest import sample_fixtures
from ..java_spring.conftest import jvm_fixtures

ALGORITHMS = Path(__file__).parent / "algorithms"
# the compiler is the one that Maven has fetched
COMPILE = """
names='scala3-compiler_3-* scala3-interfaces-* tasty-core_3-* scala-asm-* compiler-interface-*'
compiler=$(for name in $names; do find ~/.m2/repository -name "$name.jar"; done | tr '\\n' ':')
java -cp "$compiler/build/train/target/lib/*" dotty.tools.dotc.Main -Werror -Wunused:all -d /tmp/classes \\
    -classpath "$(echo /build/jars/lib/sagemaker-1.jar /build/train/target/lib/*.jar | tr ' ' ':')" /in/Algorithm.scala
"""

folder, image, model = sample_fixtures("scala-http")
builder, compiled, algorithm = jvm_fixtures("scala-http", ALGORITHMS, COMPILE)
