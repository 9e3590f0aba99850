internal import CTorch

/// Runs `body` without recording it for gradients, on this thread.
///
/// In an autocast region the weights that are cast here are not kept for later: they would have no gradients.
public func noGrad<R>(_ body: () throws -> R) rethrows -> R {
  let before = ct_set_grad_mode(false)
  let cpu = ct_autocast_state(0)
  let inRegion = cpu.enabled || ct_autocast_state(1).enabled
  if inRegion { setCache(false) }
  defer {
    _ = ct_set_grad_mode(before)
    if inRegion { setCache(cpu.cache) }
  }
  return try body()
}

/// Runs `body` with gradients recorded again inside of `noGrad`.
public func withGrad<R>(_ body: () throws -> R) rethrows -> R {
  let before = ct_set_grad_mode(true)
  defer { _ = ct_set_grad_mode(before) }
  return try body()
}

private func setCache(_ enabled: Bool) {
  var state = ct_autocast_state(0)
  state.cache = enabled
  _ = ct_set_autocast(0, state)
}

/// Runs `body` with matrix products of a half type on `device` and sums where they need it in float32, on this thread.
///
/// Weights are cast once in the region and kept until it ends. `type` is bfloat16 or float16.
public func autocast<R>(
  _ device: TorchDevice, _ type: TorchType = .bfloat16, enabled: Bool = true, _ body: () throws -> R
) rethrows -> R {
  precondition(type == .bfloat16 || type == .float16, "autocast to \(type.rawValue)")
  let kind = device.raw.type
  let before = ct_autocast_state(kind)
  ct_autocast_enter()
  TorchTensor.check(
    ct_set_autocast(kind, ct_autocast(enabled: enabled, dtype: type.code, cache: before.cache)), "autocast")
  defer {
    TorchTensor.check(ct_set_autocast(kind, before), "autocast")
    ct_autocast_leave()
  }
  return try body()
}

extension TorchTensor {
  /// Whether this thread is in an autocast region of a device.
  static func isAutocasting(on device: TorchDevice) -> Bool { ct_autocast_state(device.raw.type).enabled }
}
