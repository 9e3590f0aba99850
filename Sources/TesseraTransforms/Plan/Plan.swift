public import TesseraCodecs
import TesseraCore

/// What a draw compiles to: one decode request, one resize that is fed by the decoder, the operations on pixels, and one
/// last pass to the tensor.
///
/// A plan gives bit for bit what `steps` gives, operation after operation on whole pictures (law 1: the plan never
/// changes a pixel). It does less: the decoder is asked for the rows and columns that the crops leave and the resize
/// reads, crops and flips copy nothing, what is padded and then cut is cut first, a resize computes the part that later
/// crops keep, neighbouring steps that map each byte by a table share one, and such steps, a flip, the conversion, the
/// scaling, the normalisation and the rounding at the end are one pass over a table.
public struct Plan: Sendable {
  /// The draw that the plan carries out.
  public let draw: Draw
  /// The operations on what the decoder gives, each on whole pictures: the plan's specification. They are the draw's,
  /// but where the policy lets pictures be decoded smaller (`DecodeScale.fast`).
  public let steps: Draw
  /// What the decoder is to produce.
  public let decode: DecodeRequest
  /// The crops and flips before anything else.
  let part: MirroredRect
  /// The resize behind them, and the crops behind that.
  let head: ResizeHead?
  /// What happens before the last pass; what the decoder, the head and the pass do is left out.
  let middle: [PlanStep]
  /// The conversion to a tensor and what folds into it; nil if the pipeline gives images or cannot be a table.
  let pass: TensorPass?
  /// Operations on the tensor after the pass.
  let tail: ArraySlice<any Operation>

  /// Compiles a draw.
  ///
  /// - Parameters:
  ///   - policy: how the picture is decoded; the draw must have been made for what it gives.
  ///   - header: the picture's header, where it will be decoded: without it nothing is decoded smaller.
  public init(_ draw: Draw, policy: DecodePolicy = .tessera, header: ImageHeader? = nil) throws {
    let fast = try header.flatMap { try FastStart(draw, policy: policy, header: $0) }
    let steps = fast?.draw ?? draw
    (self.draw, self.steps) = (draw, steps)
    let whole = Rect(steps.input.size)
    var rest = PlanStep.effective(steps)[...]
    var part = MirroredRect(whole)
    while let first = rest.first, part.take(first) { rest = rest.dropFirst() }
    self.part = part
    self.head = try ResizeHead(
      rest, source: part.rect.size, format: steps.input.format, isMirrored: part.isMirrored)
    rest = rest.dropFirst(head?.operations.count ?? 0)
    try Self.check(rest, of: steps, from: part.rect.size, head: head, limit: policy.limits.pixels)
    let read = head.map { part.rect.part($0.window) } ?? part.rect
    self.decode = DecodeRequest(
      policy: policy, region: read == whole ? nil : read, scale: fast?.scale ?? 1,
      lumaOnly: fast?.lumaOnly ?? false)
    guard let at = rest.firstIndex(where: { $0 is any ConversionOperation }) else {
      self.pass = nil
      self.middle = PlanStep.fused(rest)
      self.tail = []
      return
    }
    let format = steps.formatBeforeConversion
    let (before, points) = PlanStep.withoutLastPoints(rest[..<at])
    if points.isEmpty, let passes = steps.passes {
      self.pass = try passes.pass(for: format) { try TensorPass([], rest[at...], format: format) }
    } else {
      self.pass = try TensorPass(points, rest[at...], format: format)
    }
    if let pass {
      self.middle = PlanStep.fused(before)
      self.tail = rest[at...].dropFirst(pass.operations.count - points.count)
    } else {
      self.middle = PlanStep.fused(rest)
      self.tail = []
    }
  }
}

extension Plan: CustomStringConvertible {
  /// The stages in order, as `tessera` prints them.
  public var description: String {
    var stages = ["decode" + (decode.region.map { " \($0)" } ?? "")]
    if decode.scale > 1 { stages[0] += " at 1/\(decode.scale)" }
    if decode.lumaOnly { stages[0] += " luma" }
    if part.isMirrored { stages[0] += " to be flipped" }
    if let head { stages.append("resize[\(PlanStep.text(head.operations))]") }
    stages += middle.map(\.text)
    if let pass { stages.append("pass[\(PlanStep.text(pass.operations))]") }
    if !tail.isEmpty { stages.append(PlanStep.text(tail)) }
    return stages.joined(separator: " → ")
  }
}
