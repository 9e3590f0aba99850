import TesseraCore

extension Plan {
  /// Refuses what would make pictures of more pixels than a decoded one may have: a few bytes of a thin picture, and a resize
  /// of its shorter edge, would ask for all memory there is.
  ///
  /// - Parameters:
  ///   - operations: what is done behind the decoder and the head, each into memory of its own.
  ///   - part: the size of what the decoder gives.
  ///   - limit: pixels; a picture may always be as large as the one that came in.
  /// - Throws: `limitExceeded` with the operation.
  static func check(
    _ operations: ArraySlice<any Operation>, of draw: Draw, from part: Size, head: ResizeHead?, limit: Int
  ) throws {
    let limit = max(limit, draw.input.size.area)
    // Mostly nothing is near it, whatever is fused.
    guard draw.infos.contains(where: { exceeds($0.size, limit) }) else { return }
    var info = draw.input
    info.size = part
    if let head {
      info.size = head.outputSize
      try check(info.size, PlanStep.text(head.operations), limit)
    }
    for operation in operations {
      info = try operation.output(for: info)
      try check(info.size, PlanStep.text([operation]), limit)
    }
  }

  /// The same for steps that are done one after another on whole pictures.
  static func check(stepwise draw: Draw, limit: Int) throws {
    let limit = max(limit, draw.input.size.area)
    for (operation, info) in zip(draw.operations, draw.infos) where exceeds(info.size, limit) {
      try check(info.size, PlanStep.text([operation]), limit)
    }
  }

  private static func exceeds(_ size: Size, _ limit: Int) -> Bool {
    let (area, isOver) = size.width.multipliedReportingOverflow(by: size.height)
    return isOver || area > limit
  }

  private static func check(_ size: Size, _ what: String, _ limit: Int) throws {
    guard exceeds(size, limit) else { return }
    let area = size.width.multipliedReportingOverflow(by: size.height)
    throw TesseraError(
      .limitExceeded(
        what: "pixels of what \(what) makes (\(size))", limit: limit,
        found: area.overflow ? .max : area.partialValue))
  }
}
