# Sourced by mlm and rtd, in bash, which have set home and are called with FOLDER [DATA].
if [ $# -lt 1 ]; then
    echo "usage: $0 FOLDER [DATA]" >&2
    exit 2
fi
folder=$1
data=${2:-$home/../shared/data/datasets}
threads=${THREADS:-1}
model=$home/models/pretrained/banking77-small
detangle=$home/detangle

# Makes the corpora, the rows of BANKING77 and the model's configuration.
prepare() {
    python3 "$home/bench/pretraining/texts.py" "$data" "$folder"
    for name in train valid; do
        [ -f "$folder/$name.txt" ] || "$detangle" prepare-corpus "$model" -i "$folder/$name.raw" -o "$folder/$name.txt" \
            --max_seq_length 64 --threads "$threads"
    done
}

# Fine-tunes a model with ten rows of each intent and evaluates it: tune NAME SEED, and the model to begin with.
tune() {
    name=$1-$2
    seed=$2
    shift 2
    [ -f "$folder/$name.json" ] && return
    "$detangle" train "$@" --train-file "$folder/few.csv" --output-dir "$folder/$name" --overwrite-output-dir \
        --per-device-train-batch-size 16 --learning-rate 5e-4 --warmup-ratio 0.1 --weight-decay 0.01 --num-train-epochs 30 \
        --save-strategy no --seed "$seed" --threads "$threads"
    "$detangle" evaluate "$folder/$name" "$data/banking77/test.csv" --per-device-eval-batch-size 32 --threads "$threads" \
        --results "$folder/$name.json"
}

# Fine-tunes a model with initial values: tune_initial SEED
tune_initial() {
    tune initial "$1" --config "$folder/config.json" --tokenizer-name "$model"
}
