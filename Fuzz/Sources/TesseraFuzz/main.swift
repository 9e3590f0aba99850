import CLibFuzzer
import FuzzTargets
import Glibc

// tessera-fuzz TARGET [libFuzzer's arguments]; without a target the names of all.

let names = FuzzTarget.all.map(\.name)
guard CommandLine.arguments.count > 1, let chosen = FuzzTarget.named(CommandLine.arguments[1]) else {
  print(names.joined(separator: "\n"))
  exit(CommandLine.arguments.count > 1 ? 64 : 0)
}
nonisolated(unsafe) let target = chosen

/// Calls the target; what it throws besides a reader's refusal is a finding.
func run(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
  do { try target.check(UnsafeRawBufferPointer(start: data, count: size)) } catch { fatalError("\(error)") }
  return 0
}

/// Changes an input, and mostly puts its checksums right again, so that what lies behind them is reached.
@_cdecl("LLVMFuzzerCustomMutator")
public func mutate(_ data: UnsafeMutablePointer<UInt8>, _ size: Int, _ limit: Int, _ seed: UInt32) -> Int {
  let count = LLVMFuzzerMutate(data, size, limit)
  if let mend = target.mend, seed % 8 != 0 {
    mend(UnsafeMutableRawBufferPointer(start: data, count: count))
  }
  return count
}

// The target's name is no argument of libFuzzer's.
var arguments: [UnsafeMutablePointer<CChar>?] =
  ([CommandLine.arguments[0]] + CommandLine.arguments.dropFirst(2)).map { strdup($0) } + [nil]
var count = Int32(arguments.count - 1)
arguments.withUnsafeMutableBufferPointer { buffer in
  var base = buffer.baseAddress
  exit(LLVMFuzzerRunDriver(&count, &base) { run($0, $1) })
}
