import TesseraCore
import TesseraTransforms
import TestSupport
import Testing

@Suite("Pipelines as text, YAML and JSON")
struct PipelineTests {
  @Test func everyTransformPrintsAndReadsBack() throws {
    for (name, texts) in Examples.steps {
      for text in texts {
        let pipeline = try Pipeline(text: Examples.complete(text))
        let printed = pipeline.text
        #expect(try Pipeline(text: printed).text == printed, "\(name)")
        #expect(try Pipeline(yaml: pipeline.yaml).text == printed, "\(name): \(pipeline.yaml)")
        #expect(try Pipeline(json: pipeline.json).text == printed, "\(name): \(pipeline.json)")
      }
    }
  }

  @Test func everyTransformHasAnExampleAndHelp() {
    for schema in TransformRegistry.schemas {
      #expect(Examples.steps[schema.name] != nil, "no example of \(schema.name)")
      #expect(schema.summary.hasSuffix("."), "\(schema.name): '\(schema.summary)'")
      for argument in schema.arguments {
        #expect(!argument.summary.isEmpty, "\(schema.name).\(argument.name)")
      }
    }
    for name in Examples.steps.keys {
      #expect(TransformRegistry.schemas.contains { $0.name == name }, "\(name) is no transform")
    }
  }

  @Test func theThreeFormsAreOnePipeline() throws {
    let text = try Pipeline(
      text: "resize(256, filter: bicubic)|center_crop(224)|to_tensor|normalize(imagenet)")
    let yaml = try Pipeline(
      yaml: """
        pipeline:
          - resize: {size: 256, filter: bicubic}
          - center_crop: 224
          - to_tensor
          - normalize: imagenet
        """)
    let json = try Pipeline(
      json: """
        [{"resize": {"size": 256, "filter": "bicubic"}}, {"center_crop": 224}, "to_tensor", {"normalize": "imagenet"}]
        """)
    let swift = Pipeline {
      Resize(256, filter: .bicubic)
      CenterCrop(224)
      ToTensor()
      Normalize(.imageNet)
    }
    #expect(text.text == "resize(256, filter: bicubic)|center_crop(224)|to_tensor|normalize(imagenet)")
    #expect([yaml.text, json.text, swift.text] == [text.text, text.text, text.text])
  }

  /// Text, line, column and a part of the message.
  static let faults: [(String, Int, Int, String)] = [
    ("resise(256)", 1, 1, "did you mean 'resize'?"),
    ("resize(256)|centre_crop(224)", 1, 13, "did you mean 'center_crop'?"),
    ("resize(256, filtre: bicubic)", 1, 13, "did you mean 'filter'?"),
    ("resize(256, filter: cubic)", 1, 21, "bicubic"),
    ("resize(256|to_tensor", 1, 11, "expected ',' or ')'"),
    ("resize(256)|\n  normalize(imagenet)", 2, 3, "to_tensor must come before"),
    ("to_tensor|resize(256)", 1, 11, "already a tensor"),
    ("", 1, 1, "expected a transform"),
    ("center_crop", 1, 1, "needs the argument 'size'"),
    ("center_crop(224, floor, 4)", 1, 25, "takes 2 arguments"),
    ("center_crop(224, size: 3)", 1, 18, "given twice"),
    ("center_crop(-4)", 1, 1, "center_crop"),
    ("resize(256) center_crop(2)", 1, 13, "expected '|'"),
    ("random_apply([to_tensor])", 1, 15, "only image transforms"),
    ("resize(\"256)", 1, 8, "no end"),
    ("resize(1e999)", 1, 8, "finite"),
  ]

  @Test(arguments: faults) func faultsPointAtTheirPlace(
    _ text: String, _ line: Int, _ column: Int, _ part: String
  ) throws {
    let error = #expect(throws: TesseraError.self) { try Pipeline(text: text) }
    guard case .invalidPipeline(let message, let gotLine, let gotColumn, _)? = error?.reason else {
      Issue.record("\(text): \(String(describing: error))")
      return
    }
    #expect(message.contains(part), "\(text): \(message)")
    #expect(
      gotLine == line && (column == 0 || gotColumn == column), "\(text): \(gotLine):\(gotColumn) \(message)")
  }

  @Test func faultsInYAMLAndJSONPointAtTheirPlace() throws {
    for (source, line, column, part) in [
      ("pipeline:\n  - resize: {size: 256, filtre: bicubic}\n", 2, 25, "did you mean 'filter'?"),
      ("pipeline:\n  - to_tensor\n  - resize: 3\n", 3, 5, "already a tensor"),
      ("pipelin:\n  - to_tensor\n", 1, 1, "allowed is: pipeline"),
      ("{\"pipeline\": [\n  {\"centre_crop\": 3}]}", 2, 4, "did you mean 'center_crop'?"),
      ("pipeline: [resize: {size: 3", 1, 0, ""),
      ("", 1, 1, "empty"), ("{\"pipeline\": []}", 1, 1, "empty"),
      ("- resize: {size: 3}\n  center_crop: 4\n", 1, 0, "2 keys"),
    ] {
      let error = #expect(throws: TesseraError.self) { try Pipeline(yaml: source) }
      guard case .invalidPipeline(let message, let gotLine, let gotColumn, _)? = error?.reason else {
        Issue.record("\(source): \(String(describing: error))")
        continue
      }
      #expect(message.contains(part), "\(source): \(message)")
      #expect(
        (gotLine == line || column == 0) && (column == 0 || gotColumn == column),
        "\(source): \(gotLine):\(gotColumn) \(message)")
    }
  }

  @Test func theExcerptShowsTheLineAndACaret() throws {
    let error = #expect(throws: TesseraError.self) { try Pipeline(text: "to_tensor|\nnormalise(imagenet)") }
    guard case .invalidPipeline(_, _, _, let excerpt)? = error?.reason else { return }
    #expect(excerpt == "  normalise(imagenet)\n  ^")
  }

  @Test func aDrawPrintsReadsBackAndReplays() throws {
    for (name, texts) in Examples.steps {
      for text in texts {
        let pipeline = try Pipeline(text: Examples.complete(text))
        let picture = Pictures.ramps(Size(width: 37, height: 29), .rgb, seed: 5)
        for seed in 0..<3 {
          let random = RandomStream(seed: UInt64(seed))
          let draw = try pipeline.draw(
            for: PictureInfo(size: picture.size, format: picture.format), using: random)
          let printed = draw.pipeline.text
          guard !printed.isEmpty else { continue }
          let replayed = try Pipeline(text: printed)
          #expect(replayed.text == printed, "\(name)")
          #expect(replayed.isDeterministic, "\(name): \(printed)")
          let again = try replayed.draw(
            for: PictureInfo(size: picture.size, format: picture.format), using: RandomStream(seed: 99))
          #expect(try again.apply(to: picture) == draw.apply(to: picture), "\(name): \(printed)")
        }
      }
    }
  }
}
