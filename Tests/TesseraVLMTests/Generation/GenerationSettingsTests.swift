import Foundation
import TestSupport
import Tessera
import TesseraVLM
import Testing

@Suite("generation_config.json is taken as transformers takes it") struct GenerationSettingsTests {
  /// A decoder's directory with this `generation_config.json`.
  private func settings(_ json: String, _ directory: String = "llama-only") throws -> GenerationSettings {
    try processor(json, directory).generation
  }

  private func processor(_ json: String, _ directory: String) throws -> TextProcessor {
    let folder = try TemporaryFolder()
    let source = ParityTests.path(directory)
    for name in ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"] {
      try folder.write(Array(Data(contentsOf: URL(filePath: "\(source)/\(name)"))), name)
    }
    try folder.write(json, "generation_config.json")
    guard case .language(let config) = try ModelConfig(directory: source) else { throw CancellationError() }
    return try TextProcessor(folder.path, config)
  }

  @Test("answers by a file's settings are transformers'", arguments: VariantTests.cases("settings"))
  func answers(_ item: Golden.Case) throws {
    let (name, config) = (try item.string("directory"), try item.string("config"))
    let (model, _) = try VariantTests.open(name)
    let processor = try processor(config, name)
    let (options, taken) = try processor.generation.options(.init())
    #expect(!taken.isEmpty)
    let prompt = try processor.prompt(item.string("prompt"))
    let answer = try Generator(model, processor).answer([prompt], options).answers[0]
    #expect(try answer.ids == item.ints("new"), "\(config)")
  }

  @Test("a wish counts more than the file, the file more than the standard")
  func order() throws {
    let file = try settings(
      #"{"do_sample": true, "temperature": 0.6, "top_p": 0.9, "repetition_penalty": 1.1, "max_new_tokens": 7}"#
    )
    var (options, taken) = try file.options(.init())
    #expect(options.temperature == 0.6 && options.topP == 0.9 && options.minP == 0)
    #expect(options.topK == 50 && options.repetitionPenalty == 1.1 && options.maxNewTokens == 7)
    #expect(
      taken == [
        "max_new_tokens 7", "repetition_penalty 1.1", "do_sample true", "temperature 0.6",
        "top_k 50 (transformers' standard)", "top_p 0.9",
      ])
    var wishes = GenerationSettings.Wishes()
    (wishes.temperature, wishes.topK, wishes.topP) = (1.5, 0, 0.5)
    (wishes.repetitionPenalty, wishes.maxNewTokens) = (1, 3)
    (options, taken) = try file.options(wishes)
    #expect(options.temperature == 1.5 && options.topK == nil && options.topP == 0.5 && taken.isEmpty)
    #expect(options.repetitionPenalty == 1 && options.maxNewTokens == 3)
    wishes = .init()
    wishes.temperature = 0
    (options, taken) = try file.options(wishes)
    // Greedy: what drawing would need has no meaning.
    #expect(options.temperature == 0 && options.topK == nil && options.topP == 1)
    #expect(taken == ["max_new_tokens 7", "repetition_penalty 1.1"])
  }

  @Test("without do_sample nothing is drawn, whatever else stands there, unless it is wished")
  func greedy() throws {
    let file = try settings(#"{"temperature": 0.6, "top_k": 20, "top_p": 0.9, "min_p": 0.1}"#)
    let (options, taken) = try file.options(.init())
    #expect(options == GenerationOptions() && taken.isEmpty)
    var wishes = GenerationSettings.Wishes()
    wishes.temperature = 2
    let drawn = try file.options(wishes)
    #expect(drawn.options.temperature == 2 && drawn.options.topK == 20 && drawn.options.minP == 0.1)
    #expect(drawn.taken == ["top_k 20", "top_p 0.9", "min_p 0.1"])
    wishes.temperature = nil
    wishes.topK = 3
    #expect(message { _ = try file.options(wishes) }.contains("temperature must be above 0"))
    // A directory that says nothing draws from all that is wished.
    wishes.topK = nil
    wishes.temperature = 1
    #expect(try settings("{}").options(wishes).options.topK == nil)
  }

  @Test("what is not done is named, with its value; what asks for nothing is not")
  func notDone() throws {
    let file = try settings(
      #"{"num_beams": 4, "no_repeat_ngram_size": 0, "length_penalty": 1.0, "max_length": 20, "typical_p": 0.9, "#
        + #""suppress_tokens": [], "bad_words_ids": [[3]], "guidance_scale": null, "eos_token_id": 3}"#)
    #expect(file.notDone == ["num_beams 4", "typical_p 0.9", "bad_words_ids [[3]]"])
  }

  @Test(
    "a value that cannot be is an error that names file, key, expected and found",
    arguments: [
      (#"{"temperature": -1}"#, "temperature must be a number of 0 or more, got -1"),
      (#"{"top_k": "all"}"#, "top_k must be"), (#"{"top_p": 1.5}"#, "top_p must be a number above 0"),
      (#"{"do_sample": 1}"#, "do_sample must be true or false, got 1"),
      (#"{"repetition_penalty": 0}"#, "repetition_penalty must be a number above 0, got 0"),
      (#"{"max_new_tokens": 0}"#, "max_new_tokens must be a whole number from 1 on, got 0"),
      (#"[1]"#, "must be an object"),
    ])
  func wrong(_ json: String, _ expected: String) throws {
    let text = message { _ = try settings(json) }
    #expect(text.contains("generation_config.json: ") && text.contains(expected), "\(text)")
  }

  @Test("drawing at temperature 0 is a contradiction of the file, which a wish settles")
  func cold() throws {
    let file = try settings(#"{"do_sample": true, "temperature": 0.0}"#)
    let text = message { _ = try file.options(.init()) }
    #expect(text.contains("generation_config.json: temperature must be above 0"), "\(text)")
    var wishes = GenerationSettings.Wishes()
    wishes.temperature = 0
    #expect(try file.options(wishes).options.temperature == 0)
  }
}
