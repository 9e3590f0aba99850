import TesseraVLM
import Testing

/// Checks gradients against central differences, in float64.
///
/// `body` computes anything from `leaves` (inputs, a module's parameters), which are nudged in place one element after
/// another; of a large leaf `samples` elements spread over it. The result is weighed with fixed numbers, so that an
/// error in one of its elements cannot hide in a sum.
///
/// Central differences at step h err by h²·f‴/6 + ε·f/h: with h = 1e-5 about 1e-10 each, far below `tolerance`, which
/// is relative to the leaf's greatest gradient, or to 1.
func expectGradients(
  of body: () -> TorchTensor, at leaves: [TorchTensor], samples: Int = 40, step: Double = 1e-5,
  tolerance: Double = 1e-6, sourceLocation: Testing.SourceLocation = #_sourceLocation
) {
  let faults = gradientFaults(of: body, at: leaves, samples: samples, step: step, tolerance: tolerance)
  for fault in faults { Issue.record("\(fault)", sourceLocation: sourceLocation) }
}

/// What `expectGradients` finds wrong, one line a fault.
func gradientFaults(
  of body: () -> TorchTensor, at leaves: [TorchTensor], samples: Int = 40, step: Double = 1e-5,
  tolerance: Double = 1e-6
) -> [String] {
  var faults: [String] = []
  for leaf in leaves {
    guard leaf.type == .float64, leaf.isLeaf, leaf.isContiguous else {
      return ["\(leaf) is no leaf of float64"]
    }
    leaf.requiresGrad = true
  }
  let first = body()
  let weights = TorchTensor.arange(first.count, type: .float64).cos().reshape(first.shape)
  let computed = TorchTensor.gradients(of: [(first * weights).sum()], by: leaves)
  for (index, (leaf, gradient)) in zip(leaves, computed).enumerated() {
    guard let gradient else {
      faults.append("leaf \(index), \(leaf), gets no gradient")
      continue
    }
    let exact = gradient.array(of: Double.self)
    let scale = exact.reduce(1) { max($0, abs($1)) }
    let stride = max(1, exact.count / samples)
    for element in Swift.stride(from: index % stride, to: exact.count, by: stride) {
      let numeric = noGrad { slope(of: body, weights, leaf, element, step) }
      if !(abs(numeric - exact[element]) <= tolerance * scale) {
        faults.append(
          "leaf \(index), element \(element): \(exact[element]) computed, \(numeric) by differences")
      }
    }
  }
  return faults
}

/// The slope by one element, which has its old value again afterwards.
private func slope(
  of body: () -> TorchTensor, _ weights: TorchTensor, _ leaf: TorchTensor, _ element: Int, _ step: Double
) -> Double {
  let place = leaf.detach().view(-1).narrow(0, start: element, count: 1)
  let old = place.clone()
  place.add(old.onesLike(), times: step)
  let above = (body() * weights).sum().item
  place.copy(from: old).add(old.onesLike(), times: -step)
  let below = (body() * weights).sum().item
  place.copy(from: old)
  return (above - below) / (2 * step)
}
