import Foundation
import TestSupport
import Tessera
import Testing

@Suite("tessera-vlm generate and chat") struct GenerateTests {
  static let sample = Repository.path("samples/vlm/shapes/")

  private func run(_ arguments: String...) throws -> Command.Result {
    try Command.run(arguments, tool: "tessera-vlm")
  }

  @Test(
    "the sample model names what it sees",
    arguments: [
      ("a", "a blue bar above a yellow triangle\n"), ("b", "a blue bar above a green square\n"),
      ("c", "a red bar above a red circle\n"),
    ])
  func sample(_ picture: String, _ answer: String) throws {
    let result = try run(
      "generate", Self.sample + "model", "--image", "\(Self.sample)\(picture).png", "--prompt",
      "What is this?")
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output == answer)
    #expect(result.errors.contains("end token") && result.errors.contains("tokens/s"))
  }

  @Test("a stop string ends an answer; equal seeds draw equal answers") func stops() throws {
    let picture = Self.sample + "a.png"
    let stopped = try run(
      "generate", Self.sample + "model", "--image", picture, "--prompt", "What is this?", "--stop", " above")
    #expect(stopped.output == "a blue bar\n")
    let drawn = try (0..<2).map { _ in
      try run(
        "generate", Self.sample + "model", "--image", picture, "--prompt", "What?", "--temperature", "3",
        "--seed", "5",
        "--max-new-tokens", "20"
      ).output
    }
    #expect(drawn[0] == drawn[1] && drawn[0] != "a blue bar above a yellow triangle\n")
  }

  @Test("a file that asks for a picture too large for any tower is refused before memory is") func sizes()
    throws
  {
    let folder = try TemporaryFolder()
    try Models.copy("clip-llama-tied-full", to: folder.path + "/m")
    let file = folder.path + "/m/preprocessor_config.json"
    let text = try String(contentsOfFile: file, encoding: .utf8)
    let lying = text.replacing(/"shortest_edge": \d+/, with: "\"shortest_edge\": 200000")
    #expect(lying != text)
    try lying.write(to: URL(filePath: file), atomically: true, encoding: .utf8)
    let result = try run(
      "generate", folder.path + "/m", "--image", Self.sample + "a.png", "--prompt", "What?")
    #expect(result.status == 1)
    #expect(result.errors.contains("shortest_edge") && result.errors.contains("200000"), "\(result.errors)")
  }

  /// A copy of a directory with this `generation_config.json`.
  private func copy(_ model: String, _ settings: String) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try Models.copy(model, to: folder.path + "/m")
    try settings.write(
      to: URL(filePath: folder.path + "/m/generation_config.json"), atomically: true, encoding: .utf8)
    return folder
  }

  @Test(
    "what the directory asks for is done and said; what is not done is said; so is a template that stands in")
  func wishes() throws {
    let folder = try copy(
      "clip-llama-tied-full",
      #"{"repetition_penalty": 1.5, "eos_token_id": 285, "temperature": 1.0, "num_beams": 4}"#)
    try FileManager.default.removeItem(atPath: folder.path + "/m/chat_template.jinja")
    let result = try run("generate", folder.path + "/m", "--prompt", "What?", "--max-new-tokens", "3")
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.contains("from generation_config.json: repetition_penalty 1.5\n"))
    #expect(result.errors.contains("asks for num_beams 4: not done"))
    #expect(result.errors.contains("no chat template"))
  }

  @Test("a directory that asks for drawing draws; the user's options count more")
  func drawing() throws {
    let folder = try copy(
      "llama-only", #"{"do_sample": true, "temperature": 5.0, "max_new_tokens": 20, "eos_token_id": 285}"#)
    let base = ["generate", folder.path + "/m", "--prompt", "The red star"]
    func answer(_ options: String...) throws -> Command.Result {
      try Command.run(base + options, tool: "tessera-vlm")
    }
    let drawn = try answer("--seed", "1")
    #expect(drawn.errors.contains("do_sample true, temperature 5.0, top_k 50 (transformers' standard)"))
    #expect(try drawn.output == answer("--seed", "1").output)
    #expect(try drawn.output != answer("--seed", "2").output)
    let greedy = try answer("--temperature", "0")
    #expect(greedy.output != drawn.output && !greedy.errors.contains("do_sample"))
    #expect(try answer("--top-k", "1", "--seed", "9").output == greedy.output)
    #expect(try answer("--max-new-tokens", "2").errors.contains("2 tokens (length)"))
  }

  @Test("a decoder alone answers to words, and takes no picture")
  func decoder() throws {
    let path = Models.path("qwen2-only")
    let plain = try run("generate", path, "--prompt", "The red star is two.", "--max-new-tokens", "6")
    #expect(plain.status == 0 && plain.output.count > 1, "\(plain.errors)")
    #expect(plain.errors.contains("the prompt goes in as it is"))
    let raw = try run("generate", path, "--prompt", "The red star is two.", "--max-new-tokens", "6", "--raw")
    #expect(raw.output == plain.output && !raw.errors.contains("template"))
    let templated = try run("generate", path, "--prompt", "<image> x", "--template", "v1", "--json")
    #expect(templated.status == 0 && templated.output.contains("prompt_ids"), "\(templated.errors)")
    let picture = try run("generate", path, "--prompt", "x", "--image", Self.sample + "a.png")
    #expect(picture.status == 1 && picture.errors.contains("a.png: a picture needs a vision-language model"))
  }

  @Test("chat goes on behind a turn that fails, with the line's number, and fails at the end")
  func chat() throws {
    let tool = try Command.path(of: "tessera-vlm")
    func talk(_ lines: String, _ model: String) throws -> (status: Int32, output: String, errors: String) {
      let result = try Shell.run(
        #"printf "$1" | "$2" chat "$3" --max-new-tokens 4"#, [lines, tool, Models.path(model)])
      return (result.status, result.output, result.errors)
    }
    let good = try talk(#"Red?\nTwo?\n"#, "clip-llama-tied-full")
    #expect(good.status == 0, "\(good.errors)")
    let bad = try talk(#"Red?\n/image none.png\n/what\nTwo?\n"#, "clip-llama-tied-full")
    #expect(bad.status == 1)
    #expect(bad.output == good.output)
    #expect(bad.errors.contains("line 2: none.png") && bad.errors.contains("line 3: "), "\(bad.errors)")
    #expect(try talk(#"Red?\nTwo?\n"#, "llama-only").status == 0)
  }

  @Test(
    "errors and remarks name the file: a template's, a processor's that disagrees, a size that is not the tower's"
  )
  func files() throws {
    let folder = try TemporaryFolder()
    try Models.copy("clip-llama-tied-full", to: folder.path + "/m")
    func ask() throws -> Command.Result {
      try run(
        "generate", folder.path + "/m", "--image", Self.sample + "a.png", "--prompt", "What?",
        "--max-new-tokens", "2")
    }
    let sizes = folder.path + "/m/preprocessor_config.json"
    let text = try String(contentsOfFile: sizes, encoding: .utf8)
    try text.replacing(/: 24(?=[,\n])/, with: ": 32")
      .write(to: URL(filePath: sizes), atomically: true, encoding: .utf8)
    let sized = try ask()
    #expect(sized.status == 0, "\(sized.errors)")
    #expect(sized.errors.contains("preprocessor_config.json makes pictures of 32 × 32 pixels (17 tokens)"))
    #expect(sized.errors.contains("config.json is 24 (10 tokens)"), "\(sized.errors)")
    try folder.replace("m/processor_config.json", "\"patch_size\": 8", "\"patch_size\": 4", last: false)
    let tokens = try ask()
    #expect(tokens.status == 1 && tokens.errors.contains("processor_config.json: "), "\(tokens.errors)")
    #expect(tokens.errors.contains("10 tokens") && tokens.errors.contains("got 37 by patch_size 4"))
    try folder.replace("m/processor_config.json", "\"patch_size\": 4", "\"patch_size\": 8", last: false)
    let template = URL(filePath: folder.path + "/m/chat_template.jinja")
    for wrong in ["{{ raise_exception('no') }}", "{% if %}"] {
      try wrong.write(to: template, atomically: true, encoding: .utf8)
      let failed = try ask()
      #expect(failed.status == 1 && failed.errors.contains("chat_template.jinja: "), "\(failed.errors)")
    }
  }

  @Test("pictures and their places must agree; contradicting options are wrong usage") func bad() throws {
    let two = try run(
      "generate", Self.sample + "model", "--image", Self.sample + "a.png", "--prompt", "<image> <image>")
    #expect(two.status == 1 && two.errors.contains("2 times"), "\(two.errors)")
    #expect(two.errors.contains("model/config.json: ") && two.errors.contains("image_token_index 2"))
    let words = try run("generate", Self.sample + "model", "--prompt", "x", "--template", "plain")
    #expect(words.status == 1 && words.errors.contains("'plain' needs a picture"), "\(words.errors)")
    for option in ["--temperature", "--min-p", "--max-new-tokens"] {
      let negative = try run("generate", Self.sample + "model", "--prompt", "x", option, "-1")
      #expect(negative.status == 64 && negative.errors.contains("\(option) must be"), "\(negative.errors)")
      #expect(negative.errors.contains("got -1"), "\(negative.errors)")
    }
    let greedy = try run("generate", Self.sample + "model", "--prompt", "x", "--top-k", "3")
    #expect(greedy.status == 64 && greedy.errors.contains("temperature"), "\(greedy.errors)")
  }
}
