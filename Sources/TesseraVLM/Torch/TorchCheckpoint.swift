internal import CTorch

extension TorchTensor {
  /// Computes `body(inputs)` without keeping what it needs for gradients; backward computes it once more.
  ///
  /// Trades time for memory (gradient checkpointing, as `torch.utils.checkpoint`). Gradients come to the inputs and to
  /// whatever parameters `body` captures. Autocast is as it was here when `body` runs again; random numbers are not:
  /// `body` must give the same result each time. In `noGrad` it is simply called.
  ///
  /// - Parameter outputs: how many tensors `body` gives.
  public static func checkpoint(
    _ inputs: [TorchTensor], outputs: Int = 1, _ body: @escaping @Sendable ([TorchTensor]) -> [TorchTensor]
  ) -> [TorchTensor] {
    guard ct_grad_mode() else { return body(inputs) }
    let context = Unmanaged.passRetained(CheckpointBody(outputs: outputs, run: body)).toOpaque()
    var results = [ct_tensor?](repeating: nil, count: outputs)
    let status = withHandles(inputs) { handles, count in
      ct_checkpoint(
        runCheckpoint, context,
        { context in if let context { Unmanaged<CheckpointBody>.fromOpaque(context).release() } },
        handles, count, &results, outputs)
    }
    check(status, "checkpoint")
    return results.map { checked($0, "checkpoint") }
  }

  /// Computes `body(input)` without keeping what it needs for gradients; backward computes it once more.
  public static func checkpoint(
    _ input: TorchTensor, _ body: @escaping @Sendable (TorchTensor) -> TorchTensor
  ) -> TorchTensor {
    checkpoint([input]) { [body($0[0])] }[0]
  }
}

/// A closure as C carries it.
private final class CheckpointBody: Sendable {
  let outputs: Int
  let run: @Sendable ([TorchTensor]) -> [TorchTensor]

  init(outputs: Int, run: @escaping @Sendable ([TorchTensor]) -> [TorchTensor]) {
    self.outputs = outputs
    self.run = run
  }
}

/// `ct_closure` over a `CheckpointBody`.
private func runCheckpoint(
  _ context: UnsafeMutableRawPointer?, _ inputs: UnsafePointer<ct_tensor?>?, _ count: Int,
  _ outputs: UnsafeMutablePointer<ct_tensor?>?
) -> Int32 {
  guard let context, let outputs else { return 1 }
  let body = Unmanaged<CheckpointBody>.fromOpaque(context).takeUnretainedValue()
  let tensors = (0..<count).compactMap { inputs?[$0].flatMap(ct_retain).map(TorchTensor.init(owning:)) }
  let results = body.run(tensors)
  precondition(
    results.count == body.outputs, "a checkpoint's body gave \(results.count) tensors, not \(body.outputs)")
  for (index, result) in results.enumerated() { outputs[index] = result.retainedHandle() }
  return 0
}
