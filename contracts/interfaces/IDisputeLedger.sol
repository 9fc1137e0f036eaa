// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title What was asked and answered in disputes, bonds, and where they go.
/// @notice The part of IDisputes that holds ether, which says what questions and cells are. Amounts are wei.
///
/// Invariants: what the contract holds is at least all bonds that are not settled and all rewards that are owed; a bond
/// is settled once.
interface IDisputeLedger {
    /// @notice What a question is about.
    enum Kind {
        /// @notice A row: what stands behind it, which must lead to its hash, its sums and what it repeats.
        Row,
        /// @notice Whether a model is well formed. Where its row is empty that needs no answer.
        Form
    }

    /// @notice Bonds are counted for each stage.
    enum Stage {
        /// @notice Of questions.
        Questions,
        /// @notice Of cells.
        Cells
    }

    /// @notice Why a statement fell.
    enum Reason {
        /// @notice A question or a cell was not answered.
        Silence,
        /// @notice The judge gives a sample other points.
        Points,
        /// @notice A model whose row is empty is well formed.
        Form
    }

    /// @notice A question.
    /// @param statement that it is about
    /// @param asker who asked; 0: there is no such question
    /// @param bond what the asker put down
    /// @param answerer who answered; 0: nobody
    /// @param kind what it is about
    /// @param row the row's number
    /// @param compared how many voices the row is compared with; 0 before it is answered
    /// @param claimed whether the row is not empty: the question needs an answer
    /// @param settled whether the bond has gone where it belongs
    struct Question {
        bytes32 statement;
        address asker;
        uint96 bond;
        address answerer;
        Kind kind;
        uint8 row;
        uint8 compared;
        bool claimed;
        bool settled;
    }

    /// @notice A cell: the points behind an answered row at one place, beside those of the baseline or of a voice.
    /// @param asker who asked; 0: there is no such cell
    /// @param bond what the asker put down
    /// @param answerer who answered; 0: nobody
    /// @param question whose answer it is about
    /// @param place which data transaction of D
    /// @param voice 0: against the baseline; else against which of the compared voices, from 1
    /// @param settled whether the bond has gone where it belongs
    /// @param firstRow the question's row, once answered
    /// @param secondRow the baseline's, or the voice's, once answered
    /// @param first root over the first row's points, once answered: see SamplePoints
    /// @param second root over the second row's; 0 while there is no best model
    struct Cell {
        address asker;
        uint96 bond;
        address answerer;
        uint32 question;
        uint8 place;
        uint8 voice;
        bool settled;
        uint8 firstRow;
        uint8 secondRow;
        bytes32 first;
        bytes32 second;
    }

    /// @notice How far a round's disputes are.
    /// @param questions asked
    /// @param cells asked for
    /// @param forms questions about the form of a model whose row is empty, which need no answer
    /// @param answered questions about rows
    /// @param answeredCells cells
    /// @param answeredForms questions about forms
    struct Counts {
        uint32 questions;
        uint32 cells;
        uint32 forms;
        uint32 answered;
        uint32 answeredCells;
        uint32 answeredForms;
    }

    /// @notice A statement is false.
    /// @param round the round in competition
    /// @param statement which
    /// @param reason why
    /// @param by who showed it; 0: it was not answered
    /// @param taken what its supporters lost
    /// @param reward what of that goes to who showed it, or to the first asker who settles what was not answered
    event StatementFell(
        uint32 indexed round, bytes32 indexed statement, Reason reason, address by, uint256 taken, uint256 reward
    );

    /// @notice A question's bond has gone where it belongs.
    /// @param round the question's
    /// @param question its number
    /// @param receiver who was paid; 0: nobody
    /// @param paid of the bond, with the reward where it was due; the rest is burned: it stays here
    event QuestionSettled(uint32 indexed round, uint32 indexed question, address receiver, uint256 paid);

    /// @notice A cell's bond has gone where it belongs.
    /// @param round the cell's
    /// @param cell its number
    /// @param receiver who was paid; 0: nobody
    /// @param paid of the bond, with the reward where it was due; the rest is burned: it stays here
    event CellSettled(uint32 indexed round, uint32 indexed cell, address receiver, uint256 paid);

    /// @notice Only Membership sends ether without a call.
    /// @param caller who sent
    /// @param membership who may
    error NotMembership(address caller, address membership);

    /// @notice So many have been asked beside the first ones of attesters that no bond buys another one.
    /// @param account who would ask
    /// @param others how many
    error TooManyQuestions(address account, uint256 others);

    /// @notice Another bond is due: see bondOf.
    /// @param given what was sent
    /// @param expected what has to be
    error WrongBond(uint256 given, uint256 expected);

    /// @notice There is no such question.
    /// @param round the round
    /// @param question the number
    error NoSuchQuestion(uint32 round, uint32 question);

    /// @notice There is no such cell.
    /// @param round the round
    /// @param cell the number
    error NoSuchCell(uint32 round, uint32 cell);

    /// @notice The round's disputes are not over.
    /// @param round which
    error NotSettleable(uint32 round);

    /// @notice The bond was settled already.
    /// @param number of the question or cell
    error AlreadySettled(uint32 number);

    /// @notice The account does not accept what it is paid.
    /// @param account whose
    /// @param amount wei
    error TransferFailed(address account, uint256 amount);

    /// @notice Sends a question's bond where it belongs, once the round's disputes are over. Anybody may. Of a
    /// statement that fell the asker has it back, with the reward if that statement fell because nobody answered, this
    /// is one of those and the first to be settled. Of one that stands half goes to who answered, the rest burns; all
    /// of it where no answer is needed.
    /// @dev Reverts with NoSuchQuestion, NotSettleable, AlreadySettled or TransferFailed.
    /// @param round the question's
    /// @param question its number
    function settle(uint32 round, uint32 question) external;

    /// @notice Sends a cell's bond where it belongs, as a question's.
    /// @dev Reverts with NoSuchCell, NotSettleable, AlreadySettled or TransferFailed.
    /// @param round the cell's
    /// @param cell its number
    function settleCell(uint32 round, uint32 cell) external;

    /// @notice The bond of an account's next question, or cell. An attester's first against a statement in a stage
    /// costs `questionBond`; all others double it once more each.
    /// @dev Reverts with TooManyQuestions.
    /// @param round the round in competition
    /// @param statement which
    /// @param account who would ask
    /// @param stage of questions or of cells
    /// @return wei
    function bondOf(uint32 round, bytes32 statement, address account, Stage stage) external view returns (uint256);

    /// @notice A question.
    /// @param round the round
    /// @param question its number
    /// @return zeros if there is none
    function questionAt(uint32 round, uint32 question) external view returns (Question memory);

    /// @notice A cell.
    /// @param round the round
    /// @param cell its number
    /// @return zeros if there is none
    function cellAt(uint32 round, uint32 cell) external view returns (Cell memory);

    /// @notice How far a round's disputes are.
    /// @param round the round
    /// @return all counts
    function counts(uint32 round) external view returns (Counts memory);
}
