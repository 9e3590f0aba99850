import TesseraCore
import TesseraTransforms
import Testing

/// Pipelines that took all of the stack, or would have been read for hours.
@Suite("Bounds of pipelines") struct PipelineBoundTests {
  private func message(_ read: () throws -> Pipeline) -> String {
    do { return "\(try read())" } catch { return "\(error)" }
  }

  @Test("lists and steps inside of each other are refused beyond a depth", arguments: [65, 100_000])
  func depth(_ count: Int) {
    for part in ["[", "random_apply(", "random_apply(["] {
      let text = "random_apply(" + String(repeating: part, count: count)
      #expect(message { try Pipeline(text: text) }.contains("inside of each other"), "\(part)")
    }
    let yaml = "- crop: " + String(repeating: "[", count: 500) + String(repeating: "]", count: 500)
    #expect(message { try Pipeline(yaml: yaml) }.contains("inside of each other"))
  }

  @Test("a megabyte of arguments, or of one name, is refused in a pass") func longTexts() {
    let arguments = String(repeating: "1,", count: 400_000)
    #expect(message { try Pipeline(text: "crop(\(arguments)1)") }.contains("takes 4 arguments"))
    let name = String(repeating: "a", count: 1_000_000)
    #expect(message { try Pipeline(text: name) }.contains("there is no transform"))
  }

  /// Each line eight times the one before.
  private static let bomb = (1...9).map { line in
    "a\(line): &a\(line) [" + Array(repeating: "*a\(line - 1)", count: 8).joined(separator: ", ") + "]\n"
  }.joined()

  @Test(
    "aliases of aliases are refused before they are resolved",
    arguments: [
      "a0: &a0 [1, 1]\n\(bomb)", "a0: &a0 [1, 1]\n\(bomb)? *a9\n: 1\n",
      "a0: &a0 [1, 1]\n\(bomb)image_processor_type: CLIPImageProcessor\n",
    ])
  func aliases(_ source: String) {
    #expect(message { try Pipeline(yaml: source) }.contains("more than 16 aliases"))
    #expect(message { try Pipeline(huggingFace: source) }.contains("more than 16 aliases"))
  }

  @Test("a few aliases are nobody's bomb, and no quotes or comments hide many") func fewAliases() throws {
    let pipeline = try Pipeline(yaml: "# *.jpg 2 * 3\n- resize: &size [9, 8]\n- center_crop: *size\n")
    #expect(pipeline.text == "resize([9, 8])|center_crop([9, 8])")
    let hidden = String(repeating: "*a0, ", count: 17)
    for source in [
      "- crop: &a0 [1]\n- crop: [\"x # y\", \(hidden)1]\n",
      "- crop: &a0 [1]\n- crop: [\"x\n # y\", \(hidden)1]\n",
    ] {
      #expect(message { try Pipeline(yaml: source) }.contains("more than 16 aliases"))
    }
  }
}
