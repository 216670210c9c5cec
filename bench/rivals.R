# Times metafor, in milliseconds of processor time, on all trials in the folder given and on the subsets of them.
suppressMessages(library(metafor))
folder <- commandArgs(trailingOnly = TRUE)[1]
table <- function(name) as.matrix(read.csv(file.path(folder, paste0(name, ".csv")), header = FALSE))
trials <- table("trials"); masks <- table("masks") == 1
fit <- function(kept) suppressWarnings(try(silent = TRUE,
  rma(trials[kept, 1], trials[kept, 2], method = "REML", test = "adhoc", control = list(maxiter = 1000))))
best <- function(call) min(sapply(1:2, function(i) {
  began <- sum(proc.time()[1:2]); call(); 1000 * (sum(proc.time()[1:2]) - began) }))
cat(best(function() for (i in 1:50) fit(rep(TRUE, nrow(trials)))) / 50,
    best(function() for (i in seq_len(nrow(masks))) fit(masks[i, ])), "\n")
