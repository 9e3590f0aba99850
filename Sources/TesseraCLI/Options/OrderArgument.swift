import ArgumentParser
import Tessera

/// `--order`: the orders that a command can name.
enum OrderArgument: String, ExpressibleByArgument, CaseIterable {
  case sequential, shuffled, torch

  func ordering(seed: UInt64) -> SampleOrdering {
    switch self {
    case .sequential: .sequential
    case .shuffled: .shuffled(seed: seed)
    case .torch: .torchCompatible(seed: Int64(bitPattern: seed))
    }
  }
}
