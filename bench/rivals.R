# Times metafor, and the least R that does the same, on the trials and subsets in the folder given.
# Prints one line per task: its name, milliseconds of processor time of metafor (NA: not
# run), and of lean R.

suppressMessages(library(metafor))
folder <- commandArgs(trailingOnly = TRUE)[1]
trials <- function(name) as.matrix(read.csv(file.path(folder, paste0(name, ".csv")), header = FALSE))

lean <- function(y, v) { # Fisher scoring from 0 to a step of 1e-5, metafor's own; then the HK SE
  tau2 <- 0; k <- length(y); if (k == 1) return(c(y, sqrt(v), 0))
  for (i in 1:100) {
    w <- 1 / (v + tau2); s <- sum(w); m <- sum(w * y) / s; r <- w * (y - m); p <- sum(w^2) / s
    step <- (sum(r^2) - s + p) / (sum(w^2) - 2 * sum(w^3) / s + p^2)
    tau2 <- max(0, tau2 + step); if (abs(step) < 1e-5 || tau2 == 0) break }
  w <- 1 / (v + tau2); m <- sum(w * y) / sum(w); c(m, sqrt(sum(w * (y - m)^2) / (k - 1) / sum(w)), tau2)
}
full <- function(y, v) rma(y, v, method = "REML", test = "knha", control = list(maxiter = 1000))
best <- function(call, times = 3) min(sapply(1:times, function(i) {
  began <- sum(proc.time()[1:2]); call(); 1000 * (sum(proc.time()[1:2]) - began) }))
say <- function(...) cat(..., sep = "\t", "\n")

t13 <- trials("trials13"); some <- 1:200
for (name in c("random", "all")) {
  masks <- trials(name) == 1; rows <- nrow(masks)
  pick <- masks[round(seq(1, rows, length.out = length(some))), ]
  each <- function(fit, masks) function() for (i in seq_len(nrow(masks))) fit(t13[masks[i, ], 1], t13[masks[i, ], 2])
  quiet <- function(y, v) suppressWarnings(try(full(y, v), silent = TRUE))
  say(name, best(each(quiet, pick), 2) * rows / length(some), best(each(lean, masks)))
}
t200 <- trials("trials200")
out <- function() for (i in 1:200) lean(t200[-i, 1], t200[-i, 2])
fit <- full(t200[, 1], t200[, 2])
say("leave_one_out", best(function() leave1out(fit), 1), best(out))
long <- trials("trials100000")
say("long", NA, best(function() lean(long[, 1], long[, 2])))
