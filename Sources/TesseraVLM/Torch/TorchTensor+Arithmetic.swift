internal import CTorch

extension TorchTensor {
  /// The sum of each two elements, broadcast.
  public static func + (a: TorchTensor, b: TorchTensor) -> TorchTensor { checked(ct_add(a.handle, b.handle)) }
  /// The difference of each two elements, broadcast.
  public static func - (a: TorchTensor, b: TorchTensor) -> TorchTensor { checked(ct_sub(a.handle, b.handle)) }
  /// The product of each two elements, broadcast.
  public static func * (a: TorchTensor, b: TorchTensor) -> TorchTensor { checked(ct_mul(a.handle, b.handle)) }
  /// The true quotient: of integer tensors a float one.
  public static func / (a: TorchTensor, b: TorchTensor) -> TorchTensor { checked(ct_div(a.handle, b.handle)) }
  /// Each element negated.
  public static prefix func - (a: TorchTensor) -> TorchTensor { checked(ct_neg(a.handle)) }

  /// The sum of each two elements, broadcast.
  public static func + (a: TorchTensor, b: some TorchNumber) -> TorchTensor {
    checked(ct_add_scalar(a.handle, b.torchScalar.raw))
  }
  /// The sum of each two elements, broadcast.
  public static func + (a: some TorchNumber, b: TorchTensor) -> TorchTensor { b + a }
  /// The difference of each two elements, broadcast.
  public static func - (a: TorchTensor, b: some TorchNumber) -> TorchTensor {
    checked(ct_sub_scalar(a.handle, b.torchScalar.raw))
  }
  /// The difference of each two elements, broadcast.
  public static func - (a: some TorchNumber, b: TorchTensor) -> TorchTensor {
    checked(ct_rsub_scalar(b.handle, a.torchScalar.raw))
  }
  /// The product of each two elements, broadcast.
  public static func * (a: TorchTensor, b: some TorchNumber) -> TorchTensor {
    checked(ct_mul_scalar(a.handle, b.torchScalar.raw))
  }
  /// The product of each two elements, broadcast.
  public static func * (a: some TorchNumber, b: TorchTensor) -> TorchTensor { b * a }
  /// The quotient of each two elements, broadcast.
  public static func / (a: TorchTensor, b: some TorchNumber) -> TorchTensor {
    checked(ct_div_scalar(a.handle, b.torchScalar.raw))
  }
  /// The quotient of each two elements, broadcast.
  public static func / (a: some TorchNumber, b: TorchTensor) -> TorchTensor { b.reciprocal() * a }

  /// Elementwise power.
  public func pow(_ exponent: some TorchNumber) -> TorchTensor {
    Self.checked(ct_pow_scalar(handle, exponent.torchScalar.raw))
  }
  /// Elementwise power.
  public func pow(_ exponent: TorchTensor) -> TorchTensor { Self.checked(ct_pow(handle, exponent.handle)) }
  /// The remainder with the divisor's sign, as Python's `%`.
  public func remainder(_ divisor: some TorchNumber) -> TorchTensor {
    Self.checked(ct_remainder_scalar(handle, divisor.torchScalar.raw))
  }
  /// The quotient rounded down, as Python's `//`.
  public func floorDivide(_ divisor: some TorchNumber) -> TorchTensor {
    Self.checked(ct_floor_divide_scalar(handle, divisor.torchScalar.raw))
  }
  /// The greater of each two elements.
  public func maximum(_ other: TorchTensor) -> TorchTensor { Self.checked(ct_maximum(handle, other.handle)) }
  /// The lesser of each two elements.
  public func minimum(_ other: TorchTensor) -> TorchTensor { Self.checked(ct_minimum(handle, other.handle)) }
  /// The matrix product over the last two axes, broadcast over the others.
  public func matmul(_ other: TorchTensor) -> TorchTensor { Self.checked(ct_matmul(handle, other.handle)) }
}

// MARK: functions of each element

extension TorchTensor {
  /// e^x of each element.
  public func exp() -> TorchTensor { Self.checked(ct_exp(handle)) }
  /// e^x − 1 without loss near 0.
  public func expm1() -> TorchTensor { Self.checked(ct_expm1(handle)) }
  /// The natural logarithm of each element.
  public func log() -> TorchTensor { Self.checked(ct_log(handle)) }
  /// log(1 + x) without loss near 0.
  public func log1p() -> TorchTensor { Self.checked(ct_log1p(handle)) }
  /// The square root of each element.
  public func sqrt() -> TorchTensor { Self.checked(ct_sqrt(handle)) }
  /// 1 / √x.
  public func rsqrt() -> TorchTensor { Self.checked(ct_rsqrt(handle)) }
  /// 1 / x of each element.
  public func reciprocal() -> TorchTensor { Self.checked(ct_reciprocal(handle)) }
  /// x² of each element.
  public func square() -> TorchTensor { Self.checked(ct_square(handle)) }
  /// The magnitude of each element.
  public func abs() -> TorchTensor { Self.checked(ct_abs(handle)) }
  /// −1, 0 or 1 as each element is.
  public func sign() -> TorchTensor { Self.checked(ct_sign(handle)) }
  /// Each element rounded down.
  public func floor() -> TorchTensor { Self.checked(ct_floor(handle)) }
  /// Each element rounded up.
  public func ceil() -> TorchTensor { Self.checked(ct_ceil(handle)) }
  /// The nearest integer, halves to even.
  public func round() -> TorchTensor { Self.checked(ct_round(handle)) }
  /// The sine of each element, in radians.
  public func sin() -> TorchTensor { Self.checked(ct_sin(handle)) }
  /// The cosine of each element, in radians.
  public func cos() -> TorchTensor { Self.checked(ct_cos(handle)) }
  /// The hyperbolic tangent of each element.
  public func tanh() -> TorchTensor { Self.checked(ct_tanh(handle)) }
  /// The error function of each element.
  public func erf() -> TorchTensor { Self.checked(ct_erf(handle)) }
  /// σ(x) = 1 / (1 + e^−x) of each element.
  public func sigmoid() -> TorchTensor { Self.checked(ct_sigmoid(handle)) }
  /// log σ(x), without loss where σ(x) is small.
  public func logSigmoid() -> TorchTensor { Self.checked(ct_log_sigmoid(handle)) }
  /// log(1 + e^x).
  public func softplus() -> TorchTensor { Self.checked(ct_softplus(handle)) }
  /// Each element, or 0 where it is negative.
  public func relu() -> TorchTensor { Self.checked(ct_relu(handle)) }
  /// x · σ(x).
  public func silu() -> TorchTensor { Self.checked(ct_silu(handle)) }
  /// The Gaussian error linear unit: by erf, or by the tanh approximation ("gelu_pytorch_tanh").
  public func gelu(tanh: Bool = false) -> TorchTensor { Self.checked(ct_gelu(handle, tanh)) }
  /// x · σ(1.702 x), CLIP's.
  public func quickGelu() -> TorchTensor { Self.checked(ct_quick_gelu(handle)) }

  /// Each element brought into the range; nil leaves that side open.
  public func clamp(min: Double? = nil, max: Double? = nil) -> TorchTensor {
    Self.operation("clamp", .tensor(self), .optional(min), .optional(max))
  }
}
