private import Foundation
private import Glibc
private import TesseraVLM

// Times the generator on a LLaVA directory, as vlm_peers/generate.py times transformers; prints one JSON object:
//   swift run -c release --package-path Benchmarks GenerateSpeed DIR PICTURE
//     [--threads 2] [--prompt-tokens 256] [--new-tokens 64] [--repeat 5]
// Theirs are bare calls of the model; ours is `Generator.answer` whole: checks, choice, text of the tokens.

TorchRuntime.prepare()
do {
  let settings = try Settings(Array(CommandLine.arguments.dropFirst()))
  print(try Measurement(settings).json())
} catch {
  FileHandle.standardError.write(Data("GenerateSpeed: \(error)\n".utf8))
  exit(64)
}
