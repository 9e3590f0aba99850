import Foundation
import TestSupport
import TesseraTransforms
import Testing

/// The Swift source of each example stands in `SwiftForms.swift`, which the compiler has read: it is Swift.
@Suite("Pipelines as Swift source")
struct SwiftFormsTests {
  static let file = "Tests/TesseraTransformsTests/Pipeline/SwiftForms.swift"

  @Test func theCompiledSourceIsTheSamePipeline() throws {
    #expect(SwiftForms.all.count >= 80)
    for (text, make) in SwiftForms.all { #expect(make().text == (try Pipeline(text: text)).text, "\(text)") }
  }

  /// `TESSERA_WRITE_SWIFT_FORMS=1 swift test -c release --filter SwiftFormsTests` writes the file anew.
  @Test func theFileHoldsEveryExample() throws {
    let fresh = try Self.source()
    if ProcessInfo.processInfo.environment["TESSERA_WRITE_SWIFT_FORMS"] != nil {
      try Data(fresh.utf8).write(to: URL(filePath: Repository.path(Self.file)))
    }
    #expect(String(decoding: try Repository.bytes(Self.file), as: UTF8.self) == fresh)
  }

  static func source() throws -> String {
    var text = """
      // swift-format-ignore-file
      // Written by the test `theFileHoldsEveryExample`: every example as `Pipeline.swiftSource` prints it.
      import TesseraCore
      import TesseraTransforms

      enum SwiftForms {
        static let all: [(String, @Sendable () -> Pipeline)] = [

      """
    for name in Examples.steps.keys.sorted() {
      for example in Examples.steps[name]! {
        let pipeline = try Pipeline(text: Examples.complete(example))
        text += "(#\"\(pipeline.text)\"#, { \(pipeline.swiftSource) }),\n"
      }
    }
    return text + "  ]\n}\n"
  }
}
