package detangle.hostile;

import java.util.List;
import java.util.stream.Stream;

/** Every way in which strangers' files enter Detangle. */
final class Readers {
    private static final List<Reader> ALL = List.of(
            new ArtifactFileReader(),
            new ByteLevelReader(),
            new GlinerReader(),
            new ModelReader(),
            new HubCacheReader(),
            new ParquetReader(),
            new RowsReader(),
            new SafetensorsFileReader(),
            new SentencePieceReader(),
            new SentenceReader(),
            new ShardIndexReader(),
            new TokenizerJsonReader(),
            new TokenizerSettingsReader(),
            new TorchDictionaryReader(),
            new TorchStreamReader(),
            new TorchZipReader(),
            new VocabTxtReader());

    private Readers() {}

    static Stream<Reader> all() {
        return ALL.stream();
    }
}
