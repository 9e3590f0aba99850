internal import CTorch
internal import TesseraCore

/// AdamW (decoupled weight decay) on libtorch's list kernels: step by step `torch.optim.AdamW(foreach=True)`.
///
/// m ← β₁m + (1 − β₁)g; v ← β₂v + (1 − β₂)g²; w ← w(1 − lr·wd) − lr·m̂ / (√v̂ + ε), with m̂ and v̂ corrected for
/// their start at 0. Loshchilov & Hutter 2019, arXiv:1711.05101.
public final class AdamW {
  /// Parameters that share settings. Change the settings between steps as a schedule asks.
  public struct Group {
    /// The leaves that are moved.
    public let parameters: [TorchTensor]
    /// lr: the size of a step.
    public var learningRate: Double
    /// The share of a weight, times lr, that each step takes away.
    public var weightDecay: Double
    /// How much of the mean gradient is kept.
    public var beta1: Double
    /// How much of the mean square is kept.
    public var beta2: Double
    /// Added to the root of the mean square.
    public var epsilon: Double

    /// Makes a group; the defaults are PyTorch's.
    public init(
      _ parameters: [TorchTensor], learningRate: Double = 1e-3, weightDecay: Double = 0.01,
      beta1: Double = 0.9,
      beta2: Double = 0.999, epsilon: Double = 1e-8
    ) {
      self.parameters = parameters
      self.learningRate = learningRate
      self.weightDecay = weightDecay
      self.beta1 = beta1
      self.beta2 = beta2
      self.epsilon = epsilon
    }
  }

  /// What the optimiser remembers of one parameter.
  public struct Moments: Sendable {
    /// Steps that this parameter has taken.
    public var step: Int
    /// The running mean of gradients.
    public var first: TorchTensor
    /// The running mean of their squares.
    public var second: TorchTensor

    /// Makes moments, such as a checkpoint has stored.
    public init(step: Int, first: TorchTensor, second: TorchTensor) {
      self.step = step
      self.first = first
      self.second = second
    }
  }

  /// The parameters and their settings. Groups may change their settings, not their parameters.
  public var groups: [Group]
  /// One entry a parameter, in the groups' order; nil until its first gradient.
  public private(set) var moments: [Moments?]

  /// Makes an optimiser that has taken no step.
  public init(_ groups: [Group]) {
    self.groups = groups
    moments = Array(repeating: nil, count: groups.reduce(0) { $0 + $1.parameters.count })
  }

  /// All groups' parameters.
  public var parameters: [TorchTensor] { groups.flatMap(\.parameters) }

  /// Moves every parameter that has a gradient; the others keep weights and moments.
  public func step() {
    var start = 0
    for group in groups {
      step(group, moments: start)
      start += group.parameters.count
    }
  }

  private func step(_ group: Group, moments start: Int) {
    // Parameters that got their first gradient at different times have different corrections.
    var byStep: [Int: [(parameter: TorchTensor, gradient: TorchTensor, moments: Moments)]] = [:]
    for (index, parameter) in group.parameters.enumerated() {
      guard let gradient = parameter.grad else { continue }
      var state =
        moments[start + index]
        ?? noGrad { Moments(step: 0, first: parameter.zerosLike(), second: parameter.zerosLike()) }
      state.step += 1
      moments[start + index] = state
      byStep[state.step, default: []].append((parameter, gradient, state))
    }
    for (step, entries) in byStep {
      let settings = ct_adamw(
        learning_rate: group.learningRate, beta1: group.beta1, beta2: group.beta2, epsilon: group.epsilon,
        weight_decay: group.weightDecay, step: Int64(step))
      let status = withHandles(entries.map(\.parameter)) { parameters, count in
        withHandles(entries.map(\.gradient)) { gradients, _ in
          withHandles(entries.map(\.moments.first)) { first, _ in
            withHandles(entries.map(\.moments.second)) { second, _ in
              ct_adamw_step(parameters, gradients, first, second, count, settings)
            }
          }
        }
      }
      TorchTensor.check(status, "AdamW.step")
    }
  }

  /// Takes the parameters' gradients away, and their memory with them.
  public func clearGradients() {
    for group in groups { for parameter in group.parameters { parameter.grad = nil } }
  }

  /// Scales all gradients so that their joint Euclidean norm is at most `limit`, as `clip_grad_norm_`.
  ///
  /// - Returns: the norm before (a scalar tensor: reading it waits for the device).
  @discardableResult
  public func clipGradients(norm limit: Double) -> TorchTensor {
    Self.clip(parameters.compactMap(\.grad), norm: limit)
  }

  /// Scales gradients so that their joint Euclidean norm is at most `limit`; returns the norm before.
  @discardableResult
  public static func clip(_ gradients: [TorchTensor], norm limit: Double) -> TorchTensor {
    TorchTensor.checked(withHandles(gradients) { ct_clip_norm($0, $1, limit) }, "AdamW.clip")
  }

  /// Goes on from remembered moments, one entry a parameter in the groups' order.
  ///
  /// - Throws: `invalidInput` if number, shape, type or device is not the parameters'.
  public func restore(_ moments: [Moments?]) throws {
    let parameters = parameters
    guard moments.count == parameters.count else {
      throw Self.mismatch("moments of \(parameters.count) parameters", "\(moments.count)")
    }
    for (index, (state, parameter)) in zip(moments, parameters).enumerated() {
      guard let state else { continue }
      for tensor in [state.first, state.second]
      where tensor.shape != parameter.shape || tensor.type != parameter.type
        || tensor.device != parameter.device
      {
        throw Self.mismatch("\(parameter) for parameter \(index)", "\(tensor)")
      }
      guard state.step > 0 else {
        throw Self.mismatch("a step from 1 on for parameter \(index)", "\(state.step)")
      }
    }
    self.moments = moments
  }

  private static func mismatch(_ expected: String, _ got: String) -> TesseraError {
    TesseraError(.invalidInput(operation: "restoring AdamW", expected: expected, got: got))
  }
}
