package detangle.pipelines;

import detangle.models.deberta.ConfigException;
import detangle.models.files.ModelFile;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The baselines of a file of bert-score's rescale_baseline: a header, then a row {@code LAYER,P,R,F} for each layer
 * from 0.
 */
record ScoreBaselines(Path file, List<BertScore> layers) {
    /** Reads a file; a {@link ConfigException} says what is wrong with it. */
    static ScoreBaselines read(Path file) {
        List<BertScore> layers = new ArrayList<>();
        text(file)
                .lines()
                .skip(1)
                .filter(line -> !line.isBlank())
                .forEach(line -> layers.add(row(file, layers.size(), line)));
        return new ScoreBaselines(file, List.copyOf(layers));
    }

    private static String text(Path file) {
        try {
            return ModelFile.read(file).text();
        } catch (CharacterCodingException e) {
            throw new ConfigException(file, "is not UTF-8", e);
        } catch (IOException e) {
            throw new ConfigException(file, "cannot be read: " + e.getMessage(), e);
        }
    }

    private static BertScore row(Path file, int layer, String line) {
        String[] values = line.split("[,\t]", -1);
        double[] numbers = new double[4];
        try {
            for (int i = 0; i < numbers.length; i++) {
                numbers[i] = Double.parseDouble(values[i].strip());
            }
        } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
            throw new ConfigException(file, "row " + (layer + 1) + " is not LAYER,P,R,F with numbers", e);
        }
        if (numbers[0] != layer) {
            throw new ConfigException(
                    file, "row " + (layer + 1) + " is of layer " + values[0] + ", and not of " + layer);
        }
        for (int i = 1; i < numbers.length; i++) {
            if (!(numbers[i] < 1 && numbers[i] > Double.NEGATIVE_INFINITY)) {
                throw new ConfigException(
                        file,
                        "row " + (layer + 1) + " has the baseline " + values[i]
                                + ", which must be a finite number below 1");
            }
        }
        return new BertScore(numbers[1], numbers[2], numbers[3]);
    }

    BertScore of(int layer) {
        if (layer >= layers.size()) {
            throw new ConfigException(
                    file, "has baselines of " + layers.size() + " layers, and none of layer " + layer);
        }
        return layers.get(layer);
    }
}
