#!/bin/sh
# A fleet in PostgreSQL: import, plans, sizes, lookups; prints Markdown. Needs some 1 GB of disk in the folder for temporary
# files for each million devices, and 3 GB of memory.
#   benchmarks/fleet/run.sh [devices, 10000000] [seconds for each measurement, 20] [imported, all: the others are copied]
set -eu
cd "$(dirname "$0")/../.."
mvn -q -B -ntp -pl benchmarks -am package -DskipTests >&2
exec java -Xmx1g -cp "benchmarks/target/classes:$(cat benchmarks/target/class-path.txt)" \
    dev.countersign.benchmarks.fleet.FleetBenchmark "$@"
