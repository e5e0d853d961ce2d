package detangle.hostile;

import detangle.pipelines.TextClassifier;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A folder of a classifier: its configuration, its weights as far as the configuration says something of them, and
 * small files.
 */
final class ModelReader implements Reader {
    @Override
    public String name() {
        return "model";
    }

    @Override
    public List<Hostile> good() {
        return List.of(new Hostile("a classifier", SmallModel.classifier().files(), ""));
    }

    @Override
    public List<Hostile> madeByHand() {
        List<Hostile> all = new ArrayList<>(HostileConfigs.all());
        all.addAll(HostileTensors.all());
        FolderWriter good = SmallModel.classifier().files();
        for (String name : List.of("config.json", "vocab.txt", "tokenizer_config.json")) {
            all.addAll(StrangeFiles.inThePlaceOf(name, good));
        }
        FolderWriter bare = SmallModel.classifier().withoutTokenizer();
        for (String name : List.of("tokenizer.json", "spm.model", "bpe_encoder.bin")) {
            all.addAll(StrangeFiles.inThePlaceOf(name, bare));
        }
        return all;
    }

    @Override
    public void read(Path folder) {
        try (TextClassifier classifier = TextClassifier.load(folder, SmallModel.OPTIONS)) {
            classifier.classify(SmallModel.TEXT);
        }
    }
}
