/// What a made data set is written as.
public enum CorpusOutput: String, Sendable, Hashable, Codable, CaseIterable {
  /// Pictures as files beside `captions.jsonl` and `questions.jsonl`.
  case folder
  /// WebDataset's tars: `captions-000000.tar` with `.png` and `.txt`, `questions-000000.tar` with `.png` and `.json`.
  case tar
}
