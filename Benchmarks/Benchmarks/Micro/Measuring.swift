import Benchmark
import Foundation

/// CPU time by the process's clock. The package's own `cpuTotal` counts ticks of 10 ms, longer than what is measured.
let cpuTime = BenchmarkMetric.custom("CPU nanoseconds")

private func cpuNanoseconds() -> Int {
  var time = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return time.tv_sec * 1_000_000_000 + time.tv_nsec
}

/// Registers a benchmark of `body`, after runs that warm the caches and the allocator up.
///
/// - Parameter times: how often `body` runs between two looks at the clocks; what is shown is for one.
func measure<Result>(
  _ name: String, times: BenchmarkScalingFactor = .one, _ body: @escaping @Sendable () throws -> Result
) {
  let configuration = Benchmark.Configuration(
    metrics: [cpuTime, .wallClock], units: [cpuTime: times == .one ? .kilo : .count], warmupIterations: 5,
    scalingFactor: times, maxDuration: .milliseconds(500), maxIterations: 2000)
  Benchmark(name, configuration: configuration) { benchmark in
    let start = cpuNanoseconds()
    for _ in benchmark.scaledIterations { blackHole(try body()) }
    benchmark.measurement(cpuTime, cpuNanoseconds() - start)
  }
}
