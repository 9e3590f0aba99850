import TestSupport
import Tessera
import TesseraVLM
import Testing

extension Golden {
  /// A stored float32 tensor as libtorch's.
  func torch(_ name: String) throws -> TorchTensor {
    let tensor = try floats(name)
    return TorchTensor(tensor.elements, shape: tensor.shape)
  }
}

extension TorchTensor {
  /// The greatest difference of two tensors' elements, as a share of the greatest element (at least 1) of the other;
  /// infinite where shapes differ, or one alone is not finite.
  func distance(to other: TorchTensor) -> Double {
    // numpy writes a scalar as one element.
    guard shape == other.shape || count == 1 && other.count == 1 else { return .infinity }
    let a = array(of: Double.self)
    let b = other.array(of: Double.self)
    let scale = b.reduce(1) { $1.isFinite ? Swift.max($0, Swift.abs($1)) : $0 }
    return zip(a, b).reduce(0) { greatest, pair in
      if pair.0 == pair.1 || pair.0.isNaN && pair.1.isNaN { return greatest }
      let difference = Swift.abs(pair.0 - pair.1) / scale
      return difference.isNaN ? .infinity : Swift.max(greatest, difference)
    }
  }
}

/// Records an issue unless two tensors have one shape and elements within `tolerance` of the greatest.
func expectClose(
  _ a: TorchTensor, _ b: TorchTensor, _ comment: Comment? = nil, within tolerance: Double = 2e-6,
  sourceLocation: Testing.SourceLocation = #_sourceLocation
) {
  #expect(
    a.distance(to: b) <= tolerance, comment ?? "\(a) is not \(b)", sourceLocation: sourceLocation)
}
