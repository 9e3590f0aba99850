/// `value[start:stop:step]`.
enum JinjaSlice {
  static func cut(
    _ value: JinjaValue, _ bounds: [JinjaValue?], _ renderer: JinjaRenderer, _ at: JinjaPosition
  ) throws -> JinjaValue {
    let numbers = try bounds.map { bound -> Int? in
      guard let bound else { return nil }
      if case .none = bound { return nil }
      guard let number = bound.whole else { throw JinjaError.kind("a slice", "whole numbers", bound, at) }
      return number
    }
    let count: Int
    switch value {
    case .text(let text): count = text.count
    case .list(let items), .tuple(let items): count = items.count
    default: throw JinjaError.kind("a slice", "a string or a list", value, at)
    }
    let places = try places(numbers[0], numbers[1], numbers[2] ?? 1, count: count, at)
    try renderer.spend(places.count, at)
    switch value {
    case .text(let text): return .text(JinjaText(places.map { text.scalars[$0] }))
    case .list(let items): return .list(places.map { items[$0] })
    case .tuple(let items): return .tuple(places.map { items[$0] })
    default: return value
    }
  }

  /// Python's `slice.indices`.
  private static func places(
    _ start: Int?, _ stop: Int?, _ step: Int, count: Int, _ at: JinjaPosition
  ) throws -> [Int] {
    guard step != 0 else { throw JinjaError.wrong("a slice with the step 0", at) }
    let (low, high) = step > 0 ? (0, count) : (-1, count - 1)
    func clamp(_ bound: Int?, _ otherwise: Int) -> Int {
      guard let bound else { return otherwise }
      return min(max(bound < 0 ? bound.addingReportingOverflow(count).partialValue : bound, low), high)
    }
    let first = clamp(start, step > 0 ? low : high)
    let end = clamp(stop, step > 0 ? high : low)
    // Steps beyond the length reach one item; cut, they cannot overflow.
    return Array(stride(from: first, to: end, by: min(max(step, -count - 1), count + 1)))
  }
}
