internal import CTorch

// The operators carry a dot, as SIMD's do: they compare each element and give a tensor of bools.
extension TorchTensor {
  /// True where two elements are equal.
  public static func .== (a: TorchTensor, b: TorchTensor) -> TorchTensor {
    checked(ct_eq(a.handle, b.handle))
  }
  /// True where two elements differ.
  public static func .!= (a: TorchTensor, b: TorchTensor) -> TorchTensor {
    checked(ct_ne(a.handle, b.handle))
  }
  /// True where the left element is less.
  public static func .< (a: TorchTensor, b: TorchTensor) -> TorchTensor { checked(ct_lt(a.handle, b.handle)) }
  /// True where the left element is not greater.
  public static func .<= (a: TorchTensor, b: TorchTensor) -> TorchTensor {
    checked(ct_le(a.handle, b.handle))
  }
  /// True where the left element is greater.
  public static func .> (a: TorchTensor, b: TorchTensor) -> TorchTensor { checked(ct_gt(a.handle, b.handle)) }
  /// True where the left element is not less.
  public static func .>= (a: TorchTensor, b: TorchTensor) -> TorchTensor {
    checked(ct_ge(a.handle, b.handle))
  }

  /// True where two elements are equal.
  public static func .== (a: TorchTensor, b: some TorchNumber) -> TorchTensor {
    checked(ct_eq_scalar(a.handle, b.torchScalar.raw))
  }
  /// True where two elements differ.
  public static func .!= (a: TorchTensor, b: some TorchNumber) -> TorchTensor {
    checked(ct_ne_scalar(a.handle, b.torchScalar.raw))
  }
  /// True where the left element is less.
  public static func .< (a: TorchTensor, b: some TorchNumber) -> TorchTensor {
    checked(ct_lt_scalar(a.handle, b.torchScalar.raw))
  }
  /// True where the left element is not greater.
  public static func .<= (a: TorchTensor, b: some TorchNumber) -> TorchTensor {
    checked(ct_le_scalar(a.handle, b.torchScalar.raw))
  }
  /// True where the left element is greater.
  public static func .> (a: TorchTensor, b: some TorchNumber) -> TorchTensor {
    checked(ct_gt_scalar(a.handle, b.torchScalar.raw))
  }
  /// True where the left element is not less.
  public static func .>= (a: TorchTensor, b: some TorchNumber) -> TorchTensor {
    checked(ct_ge_scalar(a.handle, b.torchScalar.raw))
  }

  /// True where both elements are.
  public static func .& (a: TorchTensor, b: TorchTensor) -> TorchTensor {
    checked(ct_logical_and(a.handle, b.handle))
  }
  /// True where either element is.
  public static func .| (a: TorchTensor, b: TorchTensor) -> TorchTensor {
    checked(ct_logical_or(a.handle, b.handle))
  }
  /// True where an element is 0 or false.
  public static prefix func .! (a: TorchTensor) -> TorchTensor { checked(ct_logical_not(a.handle)) }

  /// True where an element is not a number.
  public func isNaN() -> TorchTensor { Self.checked(ct_isnan(handle)) }
  /// True where an element is neither infinite nor not a number.
  public func isFinite() -> TorchTensor { Self.checked(ct_isfinite(handle)) }
  /// Whether every element is true (a scalar).
  public func all() -> TorchTensor { Self.checked(ct_all(handle)) }
  /// Whether any element is true (a scalar).
  public func any() -> TorchTensor { Self.checked(ct_any(handle)) }

  /// Whether shapes, types and every element agree; elements that are not numbers equal nothing.
  public func isEqual(to other: TorchTensor) -> Bool {
    shape == other.shape && type == other.type && (self .== other).all().item != 0
  }
}
