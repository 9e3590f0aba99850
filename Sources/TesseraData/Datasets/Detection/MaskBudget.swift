internal import TesseraCore

/// What the masks of one picture may cost: a polygon of a few bytes may have an outline of millions of steps.
struct MaskBudget {
  /// Steps along outlines and pixels set, together: some seconds.
  static let limit = 1 << 31

  private var spent = 0

  /// - Throws: `limitExceeded`, before the work is done.
  mutating func spend(_ amount: Int) throws {
    spent += amount
    guard spent <= Self.limit else {
      throw TesseraError(
        .limitExceeded(what: "steps and pixels of a picture's masks", limit: Self.limit, found: spent))
    }
  }
}
